/**
 * Positive controls: attacks of docs/security.md against other runtimes that are installed. An attack that nothing falls for proves nothing,
 * so here it is shown to bite; ours is run beside it. Not part of `npm test`: it needs those peers, and says which are missing.
 *
 *   node test/attacks/peers.ts [RUNTIME...]      e.g. runc crun; ours is always there
 */
import {spawnSync} from 'node:child_process';
import {mkdirSync, readdirSync, rmdirSync, rmSync, statSync, symlinkSync} from 'node:fs';
import {type Config, openWorld, runtime as ours} from '../native/runtime-world.ts';

type Attack = {
	readonly row: string;
	readonly what: string;
	readonly args: readonly string[];
	readonly prepare: (config: Config, place: {rootfs: string; bundle: string}) => void;
	readonly bites: (out: string) => boolean;
};

const world = openWorld();
const canary = `${world.directory}/canary`;
mkdirSync(canary);

const attacks: readonly Attack[] = [
	...[6, 7, 8, 9].map(fd => ({
		row: 'A2',
		what: `working folder /proc/self/fd/${fd}, out to the host`,
		args: ['sh', '-c', 'cat ../../../../../../etc/hostname ../../../../../../etc/debian_version && echo OUT'],
		prepare: (config: Config) => void (config.process.cwd = `/proc/self/fd/${fd}`),
		bites: (out: string) => out.includes('OUT'),
	})),
	{
		row: 'A7',
		what: '/dev of the root is a link to a folder of the host',
		args: ['true'],
		prepare: (config, {rootfs}) => {
			rmdirSync(`${rootfs}/dev`);
			symlinkSync(canary, `${rootfs}/dev`);
			config.mounts = config.mounts.filter(({destination}) => !destination.startsWith('/dev'));
		},
		bites: () => readdirSync(canary).length > 0,
	},
	{
		row: 'A7',
		what: "the owner of the host's /dev/null, with a user namespace",
		args: ['true'],
		prepare: config => {
			config.linux.namespaces.push({type: 'user'});
			config.linux['uidMappings'] = config.linux['gidMappings'] = [{containerID: 0, hostID: 100_000, size: 65_536}];
			config.process['user'] = {uid: 7, gid: 7};
		},
		bites: () => statSync('/dev/null').uid !== 0,
	},
];

function attempt(runtime: string, {args, prepare, bites}: Attack): string {
	const box = world.box(args, (config, place) => {
		config.ociVersion = '1.0.0';
		prepare(config, place);
	});
	box.verb('state');
	// Their own state, and a mount namespace without an empty v2 hierarchy, which makes some refuse to run.
	const words = ['--root', `${world.directory}/state-of-peers`, 'run', '--bundle', box.bundle, box.id];
	const before = statSync('/dev/null');
	const {stdout, status} = spawnSync('unshare', ['--mount', 'sh', '-c', 'umount /sys/fs/cgroup/unified 2>/dev/null; exec "$@"', 'sh', runtime, ...words], {
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'ignore'],
		timeout: 20_000,
	});
	const bitten = bites(stdout);
	for (const name of readdirSync(canary)) rmSync(`${canary}/${name}`, {recursive: true});
	if (statSync('/dev/null').uid !== before.uid) spawnSync('chown', [`${before.uid}:${before.gid}`, '/dev/null']);
	return bitten ? 'BITES' : status === 0 ? 'harmless' : 'refused';
}

try {
	const peers = process.argv.length > 2 ? process.argv.slice(2) : ['runc', 'crun'];
	const installed = peers.filter(name => spawnSync(name, ['--version'], {stdio: 'ignore'}).status === 0);
	for (const name of peers) if (!installed.includes(name)) console.log(`skipped: ${name} is not installed`);
	for (const attack of attacks)
		console.log(`${attack.row.padEnd(4)} ${attack.what.padEnd(60)} ${[...installed, ours].map(name => `${name.split('/').at(-1)}: ${attempt(name, attack)}`).join('   ')}`);
} finally {
	world.close();
}
