import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TargetError } from './error.js';

/** Where an archive of Debian is, and whose signatures it carries. */
export interface Archive {
  readonly uri: string;
  /** Path of a keyring; without one, apt's own trusted keys are used. */
  readonly signedBy?: string;
}

/** One line or stanza of apt's configuration of sources. */
export interface AptSource extends Archive {
  readonly suites: readonly string[];
}

const DEBIAN_SUITE =
  /^(buster|bullseye|bookworm|trixie|forky|duke|sid|unstable|testing|stable|oldstable|oldoldstable)(-updates|-backports|-proposed-updates)?$/;

/** The keyring that the package debian-archive-keyring installs: its name changed in Debian 13. */
const DEBIAN_KEYRINGS = [
  '/usr/share/keyrings/debian-archive-keyring.pgp',
  '/usr/share/keyrings/debian-archive-keyring.gpg',
];

/** Sources in the one-line format: `deb [signed-by=/a/keyring] uri suite component...`. */
export function parseOneLineSources(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)/.exec(line.replace(/#.*$/, ''));
    const [, options = '', uri, suite] = match ?? [];
    if (uri === undefined || suite === undefined) return [];
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1];
    return [source([uri], [suite], signedBy)].flat();
  });
}

/** Sources in the deb822 format: stanzas with `Types`, `URIs`, `Suites`, and perhaps `Signed-By` and `Enabled`. */
export function parseDeb822Sources(text: string): AptSource[] {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  const stanzas = lines.join('\n').split(/\n[ \t]*\n/);
  return stanzas.flatMap((stanza) => {
    const fields = deb822Fields(stanza);
    const words = (name: string): string[] => (fields.get(name) ?? '').split(/\s+/).filter((word) => word !== '');
    const disabled = /^(no|false|0|off|disable|without)$/i.test(fields.get('enabled') ?? '');
    if (disabled || !words('types').includes('deb')) return [];
    return source(words('uris'), words('suites'), fields.get('signed-by'));
  });
}

function deb822Fields(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [, name = '', value = ''] of stanza.matchAll(/^([\w-]+):((?:[^\n]|\n[ \t])*)/gm))
    fields.set(name.toLowerCase(), value.trim());
  return fields;
}

/** A key that stands in the sources themselves, instead of the path of a keyring, is left out. */
function source(uris: readonly string[], suites: readonly string[], signedBy: string | undefined): AptSource[] {
  const keyring = signedBy !== undefined && /^\/[^\s,]+$/.test(signedBy) ? { signedBy } : {};
  return uris.map((uri) => ({ uri, suites, ...keyring }));
}

/** The sources that this machine's apt uses. */
export function systemSources(directory = '/etc/apt'): AptSource[] {
  const parts = join(directory, 'sources.list.d');
  const names = existsSync(parts) ? readdirSync(parts).sort() : [];
  const files = [join(directory, 'sources.list'), ...names.map((name) => join(parts, name))];
  return files.flatMap((file) => {
    if (!existsSync(file)) return [];
    if (file.endsWith('.list')) return parseOneLineSources(readFileSync(file, 'utf8'));
    return file.endsWith('.sources') ? parseDeb822Sources(readFileSync(file, 'utf8')) : [];
  });
}

/**
 * The archive of Debian that this machine uses, so that a mirror set up for it is used here too.
 *
 * @throws {TargetError} when apt knows no such archive.
 */
export function debianArchive(sources: readonly AptSource[], keyrings = DEBIAN_KEYRINGS): Archive {
  const own = sources.find(({ suites }) => suites.some((suite) => DEBIAN_SUITE.test(suite)));
  if (own === undefined)
    throw new TargetError(
      "this machine's apt knows no archive of Debian: add one to its sources, with the keys of the package debian-archive-keyring, " +
        'or name an image with --kernel',
    );
  const keyring = own.signedBy ?? keyrings.find((path) => existsSync(path));
  const uri = own.uri.replace(/\/$/, '');
  return keyring === undefined ? { uri } : { uri, signedBy: keyring };
}
