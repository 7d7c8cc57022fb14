import { expect, test } from 'vitest';
import {
  debianArchive,
  parseDeb822Sources,
  parseOneLineSources,
  systemSources,
} from '../../../src/driver/targets/aptSources.js';
import { aptProblems } from '../../../src/driver/targets/apt.js';
import { temporaryDirectory } from '../../support/temporary.js';

const directory = temporaryDirectory();
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

test('one-line sources: options, comments, and what is not for binary packages', () => {
  const text = [
    '# deb http://old.example/debian buster main',
    'deb http://mirror.example/debian bookworm main contrib # ours',
    `  deb [arch=amd64 signed-by=${KEYRING}] https://other.example/debian/ trixie main`,
    'deb-src http://mirror.example/debian bookworm main',
    'deb incomplete',
    '',
  ].join('\n');
  expect(parseOneLineSources(text)).toEqual([
    { uri: 'http://mirror.example/debian', suites: ['bookworm'] },
    { uri: 'https://other.example/debian/', suites: ['trixie'], signedBy: KEYRING },
  ]);
});

test('deb822 sources: stanzas, folded fields, comments, keys that stand in the file, and disabled ones', () => {
  const text = `Types: deb deb-src
# a comment inside a stanza
URIs: http://mirror.example/debian
Suites: bookworm
 bookworm-updates
Components: main
Signed-By: ${KEYRING}

Types: deb
URIs: http://a.example/debian http://b.example/debian
Suites: sid
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEY865UxYJKwYBBAHaRw8BAQdAd7Z0srwuhlB6JKFkcf4HU4SSS
 -----END PGP PUBLIC KEY BLOCK-----

Enabled: no
Types: deb
URIs: http://disabled.example/debian
Suites: sid

Types: deb-src
URIs: http://sources.example/debian
Suites: sid
`;
  expect(parseDeb822Sources(text)).toEqual([
    { uri: 'http://mirror.example/debian', suites: ['bookworm', 'bookworm-updates'], signedBy: KEYRING },
    { uri: 'http://a.example/debian', suites: ['sid'] },
    { uri: 'http://b.example/debian', suites: ['sid'] },
  ]);
});

test('the sources of the system come from both kinds of files, and from no others', () => {
  directory.write('sources.list', 'deb http://list.example/debian stable main\n');
  directory.write('sources.list.d/b.sources', 'Types: deb\nURIs: http://deb822.example/debian\nSuites: sid\n');
  directory.write('sources.list.d/c.list.disabled', 'deb http://disabled.example/debian sid main\n');
  expect(systemSources(directory.path).map(({ uri }) => uri)).toEqual([
    'http://list.example/debian',
    'http://deb822.example/debian',
  ]);
  expect(systemSources('/nonexistent')).toEqual([]);
});

test("the archive is the machine's own mirror of Debian, not its security updates or what belongs to others", () => {
  const sources = [
    { uri: 'https://apt.example/debian', suites: ['tool-bookworm'] },
    { uri: 'http://security.example/debian-security', suites: ['bookworm-security'] },
    { uri: 'http://mirror.example/debian/', suites: ['bookworm', 'bookworm-updates'], signedBy: KEYRING },
  ];
  expect(debianArchive(sources)).toEqual({ uri: 'http://mirror.example/debian', signedBy: KEYRING });
});

test('an archive that does not name its keys is checked with those of Debian, where they are', () => {
  const [own] = parseOneLineSources('deb http://mirror.example/debian bookworm main');
  const keyring = directory.write('keyring.gpg', '');
  const sources = own === undefined ? [] : [own];
  expect(debianArchive(sources, ['/nonexistent', keyring])).toEqual({
    uri: 'http://mirror.example/debian',
    signedBy: keyring,
  });
  expect(debianArchive(sources, ['/nonexistent'])).toEqual({ uri: 'http://mirror.example/debian' });
});

test('where apt knows no archive of Debian, that is said with what mends it', () => {
  const others = [{ uri: 'http://other.example/distribution', suites: ['noble', 'noble-backports'] }];
  expect(() => debianArchive(others)).toThrow(/add one to its sources, with the keys of .*debian-archive-keyring/);
});

test('what apt complains about is told once, errors first, and a missing key with what brings it', () => {
  const text = `Get:1 http://mirror.example/debian sid InRelease
W: Failed to fetch http://mirror.example/debian/dists/sid/InRelease  Could not resolve 'mirror.example'
W: GPG error: http://mirror.example/debian trixie InRelease: the public key is not available: NO_PUBKEY 0123456789ABCDEF
E: The repository 'http://mirror.example/debian bullseye Release' does not have a Release file.
E: The repository 'http://mirror.example/debian bullseye Release' does not have a Release file.
`;
  expect(aptProblems(text)).toEqual([
    "The repository 'http://mirror.example/debian bullseye Release' does not have a Release file.",
    "Failed to fetch http://mirror.example/debian/dists/sid/InRelease  Could not resolve 'mirror.example'",
    expect.stringMatching(/NO_PUBKEY 0123456789ABCDEF: update the keys with apt-get install debian-archive-keyring$/),
  ]);
});
