// Which rows of a long list are worth being in the document.

export interface Window {
  first: number;
  /** The one behind the last. */
  end: number;
}

/** `top` = how far the list's own top lies above the top of what is seen; negative while it lies below. */
export function visible(top: number, height: number, row: number, total: number, spare = 8): Window {
  const first = Math.max(0, Math.min(total, Math.floor(top / row) - spare));
  const end = Math.max(first, Math.min(total, Math.ceil((top + height) / row) + spare));
  return { first, end };
}
