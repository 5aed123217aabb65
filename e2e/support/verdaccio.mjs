// node verdaccio.mjs CONFIG ADDRESS_FILE RUNNING_FILE PID: a local npm registry on a free port, written to ADDRESS_FILE.
// It ends when RUNNING_FILE is removed or the process PID is gone, so that an interrupted test run leaves nothing behind.
import fs from 'node:fs';
import { runServer } from 'verdaccio';

const [config, addressFile, running, pid] = process.argv.slice(2);
fs.writeFileSync(running, '');
const server = await runServer(config);
server.listen(0, '127.0.0.1', () => {
  fs.writeFileSync(`${addressFile}.part`, `http://127.0.0.1:${server.address().port}/`);
  fs.renameSync(`${addressFile}.part`, addressFile);
});
setInterval(() => {
  if (!fs.existsSync(running) || !alive(Number(pid))) process.exit(0);
}, 500);

function alive(number) {
  try {
    process.kill(number, 0);
    return true;
  } catch {
    return false;
  }
}
