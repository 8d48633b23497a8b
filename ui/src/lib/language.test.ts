import { expect, test } from 'vitest';
import { nameLanguage } from './language';

test('a language that no formatter takes is called English, and others stay', () => {
  for (const [language, called] of [
    ['c', 'en'],
    ['de-CH', 'de-CH'],
  ] as const) {
    const of = { language };
    nameLanguage(of);
    expect(of.language).toBe(called);
  }
});
