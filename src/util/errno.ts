import { constants } from 'node:os';
/** The `code` of an error of Node's (`ENOENT`, `EPIPE`), or undefined. */
export function errnoCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** What went wrong, without the stack. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the disk reports an I/O error',
};

/** The reason in plain words: `permission denied`. */
export function errnoSentence(error: unknown): string {
  const code = errnoCode(error);
  return (code === undefined ? undefined : SENTENCES[code]) ?? errorMessage(error);
}

/** What Node has no name for. */
const MORE = { EHWPOISON: 133 };

/** `EINVAL` for 22; `errno 999` for a number that has no name. */
export function errnoName(errno: number): string {
  return (
    Object.entries({ ...constants.errno, ...MORE }).find(([, number]) => number === errno)?.[0] ?? `errno ${errno}`
  );
}
