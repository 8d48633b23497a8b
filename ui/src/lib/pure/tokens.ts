// What tools cost in the context of a model, as the core reckons it: a quarter of their bytes. Models differ, so this is no
// more than a hint.
import type { TokenStats } from '../api/types';

/** The five built-in tools, as the README tells it. */
export const BUILT_IN_TOKENS = 868;

type Sizes = Pick<TokenStats, 'total_server_tool_list_size' | 'average_query_result_size'>;

/** What the first request of a conversation is spared, with one answer of the search counted in; not below zero. */
export function spared(stats: Sizes): number {
  return Math.max(0, stats.total_server_tool_list_size - stats.average_query_result_size - BUILT_IN_TOKENS);
}

/** To two or three figures: the reckoning is no better. */
export function roughly(tokens: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, tokens))) - 1);
  return Math.round(tokens / step) * step;
}
