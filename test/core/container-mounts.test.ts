import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import test, {type ExecutionContext} from 'ava';
import {type Engine, startContainer} from '../../core/index.ts';
import {parseVolume} from '../../core/volume/bind.ts';
import {parseMount} from '../../core/volume/mount.ts';
import {volumePath} from '../../core/volume/volume.ts';
import {addBusybox, create, openTestStore} from './store.ts';

/** Mounts a tmpfs on the folder `below` of a folder of the host. */
function mountBelow(t: ExecutionContext, folder: string): void {
	const below = `${folder}/below`;
	mkdirSync(below, {recursive: true});
	execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', below]);
	t.teardown(() => execFileSync('umount', [below]));
}

/** A folder of the host with a tmpfs mounted below it. */
function folderWithMount(t: ExecutionContext): string {
	const folder = mkdtempSync(`${process.env['HAWSER_TEST_FOLDER'] ?? tmpdir()}/hawser-mounts-`);
	t.teardown(() => rmSync(folder, {recursive: true, force: true}));
	mountBelow(t, folder);
	return folder;
}

function openStore(t: ExecutionContext): Engine {
	const engine = openTestStore(t);
	addBusybox(engine);
	return engine;
}

/** Which of the two the container can write: the mount's top, and what is mounted below it. */
async function writes(engine: Engine, mount: ReturnType<typeof parseVolume>): Promise<string> {
	const id = await create(engine, ['sh', '-c', 'for file in /d/new /d/below/new; do touch $file 2>/dev/null && echo $file; done'], {mounts: [mount]});
	const attachment = await startContainer(engine, id, {attach: {input: false}});
	let text = '';
	attachment?.onOutput((_stream, data) => {
		text += Buffer.from(data).toString();
	});
	await attachment?.exit;
	return text.trim().replaceAll('\n', ' ');
}

for (const [what, spec, expected] of [
	['-v src:/d:ro', (source: string) => parseVolume(`${source}:/d:ro`), ''],
	['-v src:/d', (source: string) => parseVolume(`${source}:/d`), '/d/new /d/below/new'],
	['--mount readonly', (source: string) => parseMount(`type=bind,src=${source},dst=/d,readonly`), ''],
	['--mount readonly,bind-recursive=readonly', (source: string) => parseMount(`type=bind,src=${source},dst=/d,readonly,bind-recursive=readonly,bind-propagation=rprivate`), ''],
	['--mount readonly,bind-recursive=writable', (source: string) => parseMount(`type=bind,src=${source},dst=/d,readonly,bind-recursive=writable`), '/d/below/new'],
] as const)
	test(`${what}: the container writes ${expected === '' ? 'neither it nor what is mounted below it' : expected}`, async t => {
		const source = folderWithMount(t);
		t.is(await writes(openStore(t), spec(source)), expected);
		t.is(readdirSync(`${source}/below`).includes('new'), expected.includes('below'));
	});

test('bind-nonrecursive leaves what is mounted below outside, and readonly holds for the top', async t => {
	const source = folderWithMount(t);
	execFileSync('touch', [`${source}/below/on-tmpfs`]);
	const engine = openStore(t);
	t.is(await writes(engine, parseMount(`type=bind,src=${source},dst=/d,readonly,bind-nonrecursive`)), '');
	t.is(await writes(engine, parseMount(`type=bind,src=${source},dst=/d,bind-nonrecursive`)), '/d/new /d/below/new');
	t.deepEqual(readdirSync(`${source}/below`), ['on-tmpfs']);
});

test('a volume with ro is read-only through and through', async t => {
	const engine = openStore(t);
	const folder = volumePath(engine.root, 'data');
	t.is(await writes(engine, parseVolume('data:/d')), '/d/new');
	mountBelow(t, folder);
	t.is(await writes(engine, parseVolume('data:/d:ro')), '');
	t.is(await writes(engine, parseVolume('data:/d')), '/d/new /d/below/new');
});
