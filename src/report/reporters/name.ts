import { basename, isAbsolute, join, relative } from 'node:path';

/**
 * What a case is called in reports: its path in the corpus with dots, made of nothing that any format would have to escape. A file
 * from elsewhere is called by its family and its own name.
 *
 * @param corpus directory of the corpus.
 */
export function testName(file: string, corpus: string, family = ''): string {
  const inside = relative(corpus, file);
  const outside = inside === '..' || inside.startsWith('../') || isAbsolute(inside);
  const path = outside ? join(family, basename(file)) : inside;
  const words = path.replace(/\.json$/, '').split(/[/.]+/);
  const plain = words.filter((word) => word !== '').map((word) => word.replace(/[^A-Za-z0-9_-]/gu, '_'));
  return plain.length === 0 ? 'case' : plain.join('.');
}
