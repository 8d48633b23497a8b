// Why a search found a tool, in one line.
import type { FoundIn } from '../api/types';

/** `name: create, issue · parameters: repo`; empty when nothing is known. */
export function told(reasons: readonly FoundIn[] | undefined): string {
  return (reasons ?? []).map(({ part, words }) => `${part}: ${words.join(', ')}`).join(' · ');
}
