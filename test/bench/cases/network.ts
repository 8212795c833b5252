import {spawn, spawnSync} from 'node:child_process';
import {setTimeout as sleep} from 'node:timers/promises';
import {median, must, race, type Result, works} from '../measure.ts';
import {type Engine, engines, type World} from '../world.ts';

const NAME = 'hawser-bench-net';
const PORT = 5201;

/** What a network costs a container from its start to its end: the difference to one that has none. */
export async function benchSetUp(world: World, rounds: number): Promise<Result[]> {
	const runs = engines(world).flatMap(({name, image, call}) =>
		(['bridge', 'none'] as const).map(network => ({name: `${name} ${network}`, run: () => void call('run', '--rm', '--network', network, image, 'true')})),
	);
	const {figures} = await race('', runs, {rounds});
	const cost = ({name}: Engine): number => (figures[`${name} bridge`] ?? Number.NaN) - (figures[`${name} none`] ?? Number.NaN);
	return [{title: 'network set-up and teardown, over none', unit: 'ms', figures: Object.fromEntries(engines(world).map(engine => [engine.name, cost(engine)])), goal: '≤ 25 ms'}];
}

/** Works with a container that does nothing, given its process and name, and removes it. */
async function withContainer<T>({call, image}: Engine, flags: readonly string[], work: (pid: string) => Promise<T>): Promise<T> {
	call('run', '-d', '--name', NAME, ...flags, image, 'sleep', '1000');
	try {
		return await work(call('inspect', '-f', '{{.State.Pid}}', NAME).trim());
	} finally {
		call('rm', '-f', NAME);
	}
}

/** The same program for all of them, in the container's network but not of its image. */
const inside = (pid: string, ...words: string[]): string[] => ['nsenter', '-n', '-t', pid, '--', ...words];

type Words = readonly string[];

/** Gbit/s that a server of iperf3 gets for two seconds. */
async function throughput(server: Words, client: Words): Promise<number> {
	const [command = '', ...args] = server;
	const child = spawn(command, [...args, '-1'], {stdio: 'ignore'});
	try {
		for (let tries = 0; tries < 50; tries++) {
			await sleep(100);
			const [program = '', ...words] = client;
			const {status, stdout} = spawnSync(program, [...words, '-J', '-t', '2'], {encoding: 'utf8', timeout: 20_000});
			if (status === 0) return (JSON.parse(stdout) as {end: {sum_received: {bits_per_second: number}}}).end.sum_received.bits_per_second / 1e9;
		}
		throw new Error(`iperf3 reached nobody: ${client.join(' ')}`);
	} finally {
		child.kill('SIGKILL');
	}
}

async function each(world: World, rounds: number, measure: (engine: Engine) => Promise<number>): Promise<Record<string, number>> {
	const values = new Map(engines(world).map(({name}) => [name, [] as number[]]));
	for (let round = 0; round < rounds; round++) for (const engine of engines(world)) values.get(engine.name)?.push(await measure(engine));
	return Object.fromEntries([...values].map(([name, list]) => [name, median(list)]));
}

const gatewayOf = (pid: string): string => / via (\S+)/.exec(must('nsenter', '-n', '-t', pid, '--', 'ip', 'route', 'show', 'default'))?.[1] ?? '';

/** More is better here. */
export async function benchThroughput(world: World, rounds: number): Promise<Result[]> {
	if (!works('iperf3', '--version')) throw new Error('iperf3 is not installed');
	const toHost = await each(world, rounds, engine =>
		withContainer(engine, [], pid => {
			const gateway = gatewayOf(pid);
			return throughput(['iperf3', '-s', '-B', gateway, '-p', String(PORT)], inside(pid, 'iperf3', '-c', gateway, '-p', String(PORT)));
		}),
	);
	const published = await each(world, rounds, engine =>
		withContainer(engine, ['-p', `127.0.0.1:${PORT + 1}:${PORT}`], pid =>
			throughput(inside(pid, 'iperf3', '-s', '-p', String(PORT)), ['iperf3', '-c', '127.0.0.1', '-p', String(PORT + 1)]),
		),
	);
	return [
		{title: 'throughput, container to host', unit: 'Gbit/s', figures: toHost, goal: '≥ docker'},
		{title: 'throughput, localhost to a published port', unit: 'Gbit/s', figures: published, goal: '≥ podman'},
	];
}

/** Asks for A of the container's own name a thousand times, and prints the median time of an answer in ms. */
const asker = `
use Socket; use Time::HiRes 'time';
my ($server, $name) = @ARGV;
socket(my $s, PF_INET, SOCK_DGRAM, 17); connect($s, sockaddr_in(53, inet_aton($server)));
my @times;
for my $id (1 .. 1000) {
	my $from = time;
	send($s, pack('n6', $id, 256, 1, 0, 0, 0) . pack('C/a*', $name) . pack('Cnn', 0, 1, 1), 0);
	recv($s, my $answer, 512, 0);
	die "no answer\\n" unless unpack('x6n', $answer) == 1;
	push @times, time - $from;
}
print 1000 * (sort { $a <=> $b } @times)[500];`;

export async function benchNames(world: World, rounds: number): Promise<Result[]> {
	const figures = await each(world, rounds, async engine => {
		engine.call('network', 'create', NAME);
		try {
			return await withContainer(engine, ['--network', NAME], async pid => {
				// Podman's resolver is at the gateway.
				const server = engine.name === 'podman' ? gatewayOf(pid) : '127.0.0.11';
				const [command = '', ...words] = inside(pid, 'perl', '-e', asker, server, NAME);
				return Number(must(command, ...words));
			});
		} finally {
			engine.call('network', 'rm', NAME);
		}
	});
	return [{title: 'a name of a container answered', unit: 'ms', figures, goal: '< 0.3 ms'}];
}

/** Linear: five times the ports in no more than five times what they take. */
export async function benchPorts(world: World, rounds: number): Promise<Result[]> {
	const results: Result[] = [];
	for (const count of [1, 100, 500]) {
		const range = (first: number): string => (count === 1 ? `${first}` : `${first}-${first + count - 1}`);
		const flags = ['-p', `127.0.0.1:${range(21_000)}:${range(1000)}`];
		const contenders = engines(world).map(({name, image, call}) => ({
			name,
			run: () => void call('run', '-d', '--name', NAME, ...flags, image, 'sleep', '1000'),
			after: () => void call('rm', '-f', NAME),
		}));
		results.push(await race(`run -d with ${count} published port${count === 1 ? '' : 's'}`, contenders, {rounds, warmUp: false, ...(count === 500 && {goal: 'linear'})}));
	}
	return results;
}
