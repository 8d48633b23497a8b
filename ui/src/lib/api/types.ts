// The shapes of the core under the names that the page uses. They are generated from its OpenAPI document
// (`npm run types`), so that a change there breaks the build here and not a user.
import type { components } from './schema';

type Schemas = components['schemas'];

export type Server = Schemas['ServerView'];
export type ServerList = Schemas['ServerList'];
export type ServerState = Schemas['ServerState'];
export type Health = Schemas['HealthView'];
export type Tool = Schemas['ToolView'];
export type Annotations = Schemas['Annotations'];
export type Door = Schemas['Hint'];
export type ToolList = Schemas['ToolList'];
export type ServerTools = Schemas['ServerTools'];
export type Found = Schemas['Found'];
export type FoundIn = Schemas['FoundIn'];
export type ActivityList = Schemas['ActivityList'];
export type Session = Schemas['SessionView'];
export type SessionList = Schemas['Sessions'];
export type Status = Schemas['Status'];
export type Info = Schemas['Info'];
export type Logs = Schemas['Logs'];
export type LogEntry = Schemas['LogEntry'];
export type Probe = Schemas['Probe'];
export type TokenStats = Schemas['TokenStats'];
export type ImportResult = Schemas['ImportResult'];
export type Client = Schemas['ClientStatus'];
export type ConnectPreview = Schemas['ConnectPreview'];
export type ConnectResult = Schemas['ConnectResult'];
export type ConfigView = Schemas['ConfigView'];

/** A call as the page keeps it: what lists and events tell of it, in one shape (`callOf`). */
export interface Call {
  id: string;
  server_name: string;
  tool_name: string;
  status: string;
  code: string | null;
  error_message: string | null;
  duration_ms: number;
  timestamp: string;
  source: string;
  tool_variant: string;
  client_name: string | null;
  request_bytes: number;
  response_bytes: number;
}

/** What can be written into the settings for one server. */
export type Entry = Record<string, unknown>;
