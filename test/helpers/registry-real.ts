import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, writeFileSync} from 'node:fs';
import {createServer, type AddressInfo} from 'node:net';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {promisify} from 'node:util';
import {descriptorOf, makeIndex, type MadeImage} from './registry-image.ts';

const run = promisify(execFile);

export type RealRegistry = {readonly host: string; close(): Promise<void>};

async function freePort(): Promise<number> {
	const server = createServer();
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as AddressInfo;
	server.close();
	await once(server, 'close');
	return port;
}

/** Debian's docker-registry on a free port of loopback, with its storage in `folder`. */
export async function startRealRegistry(folder: string): Promise<RealRegistry> {
	const host = `127.0.0.1:${await freePort()}`;
	const config = join(folder, 'registry.yml');
	writeFileSync(config, `version: 0.1\nlog: {level: error}\nstorage:\n  filesystem: {rootdirectory: ${folder}/registry}\nhttp: {addr: "${host}"}\n`);
	const child = spawn('docker-registry', ['serve', config], {stdio: 'ignore'});
	const ended = once(child, 'exit');
	for (let tries = 0; !(await answers(host)); tries++) {
		if (tries === 200 || child.exitCode !== null) throw new Error('docker-registry did not come up');
		await delay(50);
	}
	return {
		host,
		async close() {
			child.kill();
			await ended;
		},
	};
}

const answers = (host: string): Promise<boolean> =>
	fetch(`http://${host}/v2/`).then(
		({ok}) => ok,
		() => false,
	);

/** The image as an OCI layout on disk, under a name that skopeo finds. */
export function writeLayout(folder: string, {manifest, config, layers}: MadeImage, name: string): string {
	mkdirSync(join(folder, 'blobs/sha256'), {recursive: true});
	for (const {digest, bytes} of [manifest, config, ...layers]) writeFileSync(join(folder, 'blobs/sha256', digest.slice(7)), bytes);
	writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
	const entry = {...descriptorOf(manifest), annotations: {'org.opencontainers.image.ref.name': name}};
	writeFileSync(join(folder, 'index.json'), JSON.stringify({...JSON.parse(makeIndex([]).bytes.toString()), manifests: [entry]}));
	return `oci:${folder}:${name}`;
}

/** Copies between any two places that skopeo knows. */
export async function skopeoCopy(source: string, target: string, ...options: string[]): Promise<void> {
	await run('skopeo', ['--insecure-policy', 'copy', '--src-tls-verify=false', '--dest-tls-verify=false', ...options, source, target]);
}
