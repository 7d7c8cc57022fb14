// Makes the checkout runnable, then runs the command line in this same process, so that signals, the terminal and the
// exit code are its own.
import { bootstrap } from './bootstrap.mjs';

bootstrap();
await import('../dist/cli/main.js');
