import {
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const pollMs = 50;

/**
 * Runs `action` while this process alone holds the lock directory `path`.
 *
 * The directory holds one file, named after its owner's pid and start time. A full directory is renamed into place, which
 * fails while another owner's file is there. Only one process can unlink a dead owner's file, so two that find the same
 * stale lock cannot both take it.
 *
 * @param {string} path the lock directory
 * @param {() => void} onWait called once when another live process holds the lock
 * @param {() => void} action
 */
export function withCheckoutLock(path, onWait, action) {
  const owner = `${process.pid}-${startTime(process.pid)}`;
  acquire(path, owner, onWait);
  try {
    action();
  } finally {
    unlinkSync(join(path, owner));
    removeIfEmpty(path);
  }
}

/** @param {string} path the lock directory */
export function isLocked(path) {
  return entries(path).some(isAlive);
}

function acquire(path, owner, onWait) {
  const staging = `${path}.${owner}`;
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging);
  writeFileSync(join(staging, owner), '');
  let waited = false;
  while (!renamed(staging, path)) {
    const holders = entries(path);
    for (const dead of holders.filter((holder) => !isAlive(holder))) rmSync(join(path, dead), { force: true });
    if (!holders.some(isAlive)) continue;
    if (!waited) onWait();
    waited = true;
    sleep(pollMs);
  }
}

function renamed(from, to) {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') return false;
    throw error;
  }
}

function entries(path) {
  try {
    return readdirSync(path);
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

function removeIfEmpty(path) {
  try {
    rmdirSync(path);
  } catch (error) {
    // Another process may have taken the emptied directory over already, or removed it.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  }
}

function isAlive(owner) {
  const [pid, started] = owner.split('-');
  return started !== undefined && startTime(pid) === started;
}

/** Field 22 of /proc/PID/stat (proc(5)): with the pid it names one process, however pids are reused. */
function startTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return 'gone';
  }
}

function sleep(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
