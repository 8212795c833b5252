import {readFileSync, statSync} from 'node:fs';
import test, {type ExecutionContext} from 'ava';
import {createContainer, type Engine, inspectContainer, pruneContainers, removeContainer, startContainer} from '../../core/index.ts';
import {insertImage, setTag} from '../../core/image/record.ts';
import {unpackLayers} from '../../core/layer/unpack.ts';
import {readImageConfig} from '../../core/oci/config.ts';
import {digestOf} from '../../core/oci/digest.ts';
import {parseReference} from '../../core/reference/reference.ts';
import {transaction} from '../../core/state/database.ts';
import {file, folder, tar} from '../helpers/tar.ts';
import {layersOf, sourceOf} from './layer-world.ts';
import {openTestStore} from './store.ts';

/** An image of these layers, lowest first, as a pull leaves it. */
async function addImage(engine: Engine, tag: string, ...tars: readonly Buffer[]): Promise<void> {
	const layers = layersOf(...tars);
	await unpackLayers({root: engine.root, helper: engine.native.layer}, layers, sourceOf(layers).fetch);
	const configText = JSON.stringify({
		architecture: process.arch === 'x64' ? 'amd64' : 'arm64',
		os: 'linux',
		config: {},
		rootfs: {type: 'layers', diff_ids: layers.map(({diffId}) => diffId)},
	});
	const id = digestOf(configText);
	const config = readImageConfig(Buffer.from(configText), 'test image');
	transaction(engine.db, () => {
		insertImage(engine.db, {id, configText, config, layers: layers.map(({chainId, diffId, size}) => ({chainId, diffId, size})), blobs: []});
		setTag(engine.db, parseReference(tag), id);
	});
}

async function outputOf(
	t: ExecutionContext,
	engine: Engine,
	image: string,
	command: readonly string[],
	more: Partial<Parameters<typeof createContainer>[1]> = {},
): Promise<string> {
	const {id} = await createContainer(engine, {image, command, network: 'none', ...more});
	t.teardown(() => removeContainer(engine, id, {force: true}).catch(() => {}));
	const attachment = await startContainer(engine, id, {attach: {input: false}});
	let text = '';
	attachment?.onOutput((_stream, data) => {
		text += Buffer.from(data).toString();
	});
	await attachment?.exit;
	return text;
}

const busybox = file('busybox', readFileSync('/bin/busybox'), {mode: 0o755});

test('below a layer whose root is opaque nothing shows, and "/" has the mode and owner that the image gives it', async t => {
	const engine = openTestStore(t);
	await addImage(
		engine,
		'opaque',
		tar(folder('./', {mode: 0o700}), file('hidden', 'x')),
		tar(folder('./', {mode: 0o1751, uid: 12, gid: 34}), file('.wh..wh..opq'), busybox),
		tar(file('top', 'x')),
	);
	const names = (await outputOf(t, engine, 'opaque', ['/busybox', 'ls', '/'])).split('\n');
	t.false(names.includes('hidden'));
	t.true(names.includes('top'));
	t.is(await outputOf(t, engine, 'opaque', ['/busybox', 'stat', '-c', '%a %u %g', '/']), '1751 12 34\n');
});

test('the "/" of an image that says nothing of it is open to every user', async t => {
	const engine = openTestStore(t);
	await addImage(engine, 'plain', tar(busybox));
	t.is(await outputOf(t, engine, 'plain', ['/busybox', 'stat', '-c', '%a %u %g', '/'], {user: '1000'}), '755 0 0\n');
});

test('an image without layers runs what is mounted into it, and its container is inspected, sized and removed like any other', async t => {
	const engine = openTestStore(t);
	await addImage(engine, 'scratch');
	const mounts = [{type: 'bind', source: '/bin/busybox', target: '/busybox', readOnly: true, options: []}] as const;
	t.is(await outputOf(t, engine, 'scratch', ['/busybox', 'sh', '-c', 'echo hello > /new; /busybox cat /new'], {mounts: [...mounts], name: 'empty'}), 'hello\n');
	const {GraphDriver, SizeRw} = inspectContainer(engine, 'empty', {size: true});
	t.true(Number(SizeRw) >= 6);
	const [lower = '', upper = ''] = ['LowerDir', 'UpperDir'].map(key => new RegExp(`"${key}":"([^"]*)"`).exec(JSON.stringify(GraphDriver))?.[1]);
	t.is(readFileSync(`${upper}/new`, 'utf8'), 'hello\n');
	t.true(statSync(lower).isDirectory());
	t.true((await pruneContainers(engine)).spaceReclaimed >= 6);
});
