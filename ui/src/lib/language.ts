/**
 * Web views of a system without a locale call their language `c`, which no formatter takes; whoever hands it to one, as the
 * plot does when it is loaded, fails. Such a language is called English.
 */
export function nameLanguage(of: { readonly language: string } = navigator): void {
  try {
    new Intl.NumberFormat(of.language);
  } catch {
    Object.defineProperty(of, 'language', { value: 'en', configurable: true });
  }
}
