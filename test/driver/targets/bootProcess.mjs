// Boots a guest and prints the process id of QEMU, for tests that kill this process. Arguments: target, agent, directory.
import process from 'node:process';
import { bootVm } from '../../../dist/driver/targets/qemu.js';
import { parseTarget } from '../../../dist/driver/targets/target.js';

const [name, agent, directory] = process.argv.slice(2);
const vm = await bootVm(parseTarget(name), { agent, directory });
process.stdout.write(`${vm.pid}\n`);
setInterval(() => undefined, 1000);
