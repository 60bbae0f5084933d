// Opens a VM's console as Proxmox VE's own web page does, looks at its screen, and types q until the VM is off.
// node --openssl-legacy-provider console.mjs <wss url> <certificate file> <cookie> <password>
import { readFileSync } from 'node:fs';
import net from 'node:net';
import VncClient from 'vnc-rfb-client';
import WebSocket, { createWebSocketStream } from 'ws';

const [url, certificate, cookie, password] = process.argv.slice(2);
const socket = new WebSocket(url, 'binary', { ca: readFileSync(certificate), headers: { Cookie: cookie } });
const screen = createWebSocketStream(socket);
screen.on('error', error => { console.error(`websocket: ${error.message}`); process.exit(3); });

// The client connects to ports alone.
const server = net.createServer(connection => connection.on('error', () => {}).pipe(screen).pipe(connection)).listen(0, '127.0.0.1', () => {
    const client = new VncClient();
    client.on('authenticated', () => console.log('authenticated'));
    client.on('authError', () => { console.error('the password was refused'); process.exit(4); });
    client.on('connectError', error => { console.error(error.message); process.exit(5); });
    client.on('firstFrameUpdate', picture => {
        console.log(`screen ${client.clientWidth}x${client.clientHeight}, ${picture.some(byte => byte !== picture[0]) ? 'something is on it' : 'empty'}`);
        setInterval(() => { client.sendKeyEvent(0x71, true); client.sendKeyEvent(0x71, false); client.requestFrameUpdate(false, 1); }, 200);
    });
    client.on('closed', () => { console.log('closed'); process.exit(0); });
    client.connect({ host: '127.0.0.1', port: server.address().port, password });
});
