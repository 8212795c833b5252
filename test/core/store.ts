import {chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {setTimeout as sleep} from 'node:timers/promises';
import type {ExecutionContext} from 'ava';
import {closeEngine, type ContainerSpec, createContainer, type Engine, openEngine, resetStore} from '../../core/index.ts';
import {insertImage, setTag} from '../../core/image/record.ts';
import {readImageConfig} from '../../core/oci/config.ts';
import {digestOf} from '../../core/oci/digest.ts';
import {chainIds} from '../../core/layer/chain.ts';
import {hexOf} from '../../core/oci/digest.ts';
import {parseReference} from '../../core/reference/reference.ts';
import {transaction} from '../../core/state/database.ts';

/** A store of the test's own on the real kernel; everything in it is taken away at the end of the test. */
export function openTestStore(t: ExecutionContext): Engine {
	const folder = mkdtempSync(`${process.env['HAWSER_TEST_FOLDER'] ?? tmpdir()}/hawser-engine-`);
	const engine = openEngine({root: `${folder}/root`, state: `${folder}/state`});
	t.teardown(async () => {
		try {
			await resetStore(openEngine({root: engine.root, state: engine.state}));
		} finally {
			closeEngine(engine);
			rmSync(folder, {recursive: true, force: true});
		}
	});
	return engine;
}

const applets = 'sh true false echo cat sleep seq id env pwd hostname ls printf kill test stat head touch dd mount ip yes wc grep ps nproc stty tty'.split(' ');

const passwd = 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/home/app:/bin/sh\n';
const group = 'root:x:0:\napp:x:1000:\nextra:x:2000:app\n';

/** An image `busybox:latest` of one layer, as a pull would have left it. */
export function addBusybox(engine: Engine, {config = {}, tag = 'busybox'}: {config?: Record<string, unknown>; tag?: string} = {}): void {
	const diffId = digestOf('the layer of the test image');
	const configText = JSON.stringify({
		architecture: process.arch === 'x64' ? 'amd64' : 'arm64',
		os: 'linux',
		config: {Env: ['PATH=/usr/local/bin:/bin'], Cmd: ['sh'], ...config},
		rootfs: {type: 'layers', diff_ids: [diffId]},
	});
	const id = digestOf(configText);
	const [chainId = diffId] = chainIds([diffId]);
	makeLayer(`${engine.root}/layers/${hexOf(chainId)}/fs`);
	transaction(engine.db, () => {
		insertImage(engine.db, {id, configText, config: readImageConfig(Buffer.from(configText), 'test image'), layers: [{chainId, diffId, size: 1_000_000}], blobs: []});
		setTag(engine.db, parseReference(tag), id);
	});
}

function makeLayer(root: string): void {
	for (const folder of ['bin', 'etc', 'root', 'home/app', 'tmp', 'data']) mkdirSync(`${root}/${folder}`, {recursive: true});
	chmodSync(`${root}/tmp`, 0o1777);
	copyFileSync('/bin/busybox', `${root}/bin/busybox`);
	for (const applet of applets) symlinkSync('busybox', `${root}/bin/${applet}`);
	writeFileSync(`${root}/etc/passwd`, passwd);
	writeFileSync(`${root}/etc/group`, group);
	writeFileSync(`${root}/data/from-image`, 'image\n');
}

/** A container of the test image running `command`. */
export async function create(engine: Engine, command: readonly string[], more: Partial<ContainerSpec> = {}): Promise<string> {
	const {id} = await createContainer(engine, {image: 'busybox', command, network: 'none', ...more});
	return id;
}

/** Waits for something to become true; the deadline is for a broken test only. */
export async function until<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
	const giveUp = performance.now() + 20_000;
	for (;;) {
		const found = await look();
		if (found !== undefined && found !== false) return found;
		if (performance.now() > giveUp) throw new Error(`waited in vain for: ${what}`);
		await sleep(10);
	}
}
