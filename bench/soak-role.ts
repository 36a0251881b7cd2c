// A process of the soak that is not the proxy: `soak-role.mjs backend|clients PORT`.
import { runSoakBackend } from './soak-backend.js';
import { runSoakClients } from './soak-clients.js';

const [, , role = '', port = '0'] = process.argv;
if (role === 'backend') runSoakBackend(Number(port));
else await runSoakClients(Number(port));
