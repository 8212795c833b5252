import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {must, race, works, type Contender, type Result} from '../measure.ts';
import {dist, type World} from '../world.ts';

/**
 * A new ext4 for every pull: ext4 will not reuse an inode for minutes after its deletion and walks over all such on every
 * create, so that the second pull on the same file system would measure that walk.
 */
function freshDisk(folder: string): {path: string; release: () => void} {
	const image = join(folder, 'disk.img');
	const path = join(folder, 'disk');
	writeFileSync(image, '');
	truncateSync(image, 12 * 2 ** 30);
	execFileSync('mkfs.ext4', ['-q', '-F', '-E', 'lazy_itable_init=1,lazy_journal_init=1', image]);
	mkdirSync(path, {recursive: true});
	execFileSync('mount', ['-o', 'loop', image, path]);
	return {
		path,
		release() {
			execFileSync('umount', [path]);
			rmSync(image);
		},
	};
}

const waitFor = async (what: string, check: () => boolean) => {
	for (let tries = 0; tries < 300; tries++) {
		if (check()) return;
		await new Promise(resolve => setTimeout(resolve, 100));
	}
	throw new Error(`${what} did not come up`);
};

const bridge = 'hwbench0';

/** A dockerd of our own on the fresh disk: the running one cannot be given another data folder. It gets a bridge of its own: `none` would remove the other's. */
async function startDockerd(disk: string, folder: string): Promise<{socket: string; stop: () => Promise<void>}> {
	const {spawn} = await import('node:child_process');
	const socket = join(folder, 'docker.sock');
	must('ip', 'link', 'add', bridge, 'type', 'bridge');
	must('ip', 'address', 'add', '198.18.255.1/30', 'dev', bridge);
	const daemon = spawn(
		'dockerd',
		[
			'--data-root',
			join(disk, 'docker'),
			'--exec-root',
			join(folder, 'exec'),
			'--pidfile',
			join(folder, 'pid'),
			'-H',
			`unix://${socket}`,
			'--storage-driver',
			'overlay2',
			'--iptables=false',
			'--bridge',
			bridge,
			'--log-level',
			'fatal',
		],
		{stdio: 'ignore'},
	);
	await waitFor('dockerd', () => works('docker', '-H', `unix://${socket}`, 'info'));
	const ended = new Promise<void>(resolve => daemon.on('exit', () => resolve()));
	return {
		socket,
		async stop() {
			daemon.kill('SIGTERM');
			await ended;
			must('ip', 'link', 'delete', bridge);
		},
	};
}

function contenders(world: World, reference: string, folder: string): Contender[] {
	let disk: ReturnType<typeof freshDisk>;
	let daemon: Awaited<ReturnType<typeof startDockerd>>;
	const before = () => {
		disk = freshDisk(folder);
	};
	const after = () => disk.release();
	const list: Contender[] = [
		{
			name: 'hawser',
			before,
			run: () => void must(join(dist, 'hawser'), '--root', join(disk.path, 'root'), '--state', join(folder, 'state'), 'pull', '-q', reference),
			after() {
				rmSync(join(folder, 'state'), {recursive: true, force: true});
				after();
			},
		},
	];
	if (world.peers.some(({name}) => name === 'podman'))
		list.push({
			name: 'podman',
			before,
			run: () => void must('podman', '--root', join(disk.path, 'podman'), '--runroot', join(folder, 'run'), 'pull', '-q', '--tls-verify=false', reference),
			after() {
				works('umount', join(disk.path, 'podman/overlay'));
				after();
			},
		});
	if (world.peers.some(({name}) => name === 'docker') && works('dockerd', '--version'))
		list.push({
			name: 'docker',
			async before() {
				before();
				daemon = await startDockerd(disk.path, folder);
			},
			run: () => void must('docker', '-H', `unix://${daemon.socket}`, 'pull', '-q', reference),
			async after() {
				await daemon.stop();
				after();
			},
		});
	return list;
}

/** Pull into an empty store, to durable. `reference` names an image in a registry that all can reach. */
export async function benchPull(world: World, reference: string, rounds: number): Promise<Result> {
	const folder = mkdtempSync(join(tmpdir(), 'hawser-bench-pull-'));
	try {
		return await race(`pull ${reference.slice(reference.lastIndexOf('/') + 1)} into an empty store`, contenders(world, reference, folder), {
			rounds,
			warmUp: false,
			goal: '≤ 0.5 of docker and podman',
		});
	} finally {
		rmSync(folder, {recursive: true, force: true});
	}
}
