import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {IPty} from 'node-pty';
import {cleanEnv, type Result} from '../measure.ts';
import {dist, type World} from '../world.ts';

/** User and system time of a process and its waited children, in ms (clock ticks are 10 ms on every Linux we know). */
function cpuMs(pid: number): number {
	const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
	const fields = stat
		.slice(stat.lastIndexOf(')') + 2)
		.split(' ')
		.map(Number);
	return ((fields[11] ?? 0) + (fields[12] ?? 0)) * 10;
}

const residentMiB = (pid: number): number => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

const at = (times: readonly number[], share: number): number => times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;

/** From a key to its effect on the line: `?` and the title of the help, each time closed again. */
async function keyTimes(pty: IPty, count: number): Promise<number[]> {
	const times: number[] = [];
	for (let round = 0; round < count; round++) {
		const {promise, resolve} = Promise.withResolvers<void>();
		let seen = '';
		const listening = pty.onData(data => {
			seen = (seen + data).slice(-65_536);
			if (seen.includes('Keys')) resolve();
		});
		const begun = performance.now();
		pty.write('?');
		await Promise.race([promise, new Promise(end => setTimeout(end, 5000))]);
		times.push(performance.now() - begun);
		listening.dispose();
		pty.write('\u001B');
		await new Promise(end => setTimeout(end, 120 + ((round * 37) % 100)));
	}
	return times;
}

/** The console in a pty of 200x50 on what is running: first frame, CPU and bytes a second at rest. */
export async function benchConsole({store, hawser}: World, seconds: number): Promise<Result[]> {
	const {spawn} = await import('node-pty');
	// Before the clock starts: what the console writes while this loads would be lost.
	const {default: xterm} = await import('@xterm/headless');
	const started = performance.now();
	const env = Object.fromEntries(Object.entries({...cleanEnv(), TERM: 'xterm-256color', XDG_CONFIG_HOME: `${store.state}/config`}).filter((pair): pair is [string, string] => pair[1] !== undefined));
	const pty = spawn(join(dist, 'hawser'), ['--root', store.root, '--state', store.state], {cols: 200, rows: 50, env});
	const screen = new xterm.Terminal({cols: 200, rows: 50, allowProposedApi: true});
	const text = () => Array.from({length: 50}, (_, row) => screen.buffer.active.getLine(row)?.translateToString() ?? '').join('\n');
	let bytes = 0;
	let firstFrame = 0;
	pty.onData(data => {
		bytes += Buffer.byteLength(data);
		if (!firstFrame)
			screen.write(data, () => {
				if (!firstFrame && /Containers[\s\S]*Up \d/.test(text())) firstFrame = performance.now() - started;
			});
	});
	const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));
	try {
		for (let tries = 0; !firstFrame && tries < 200; tries++) await pause(50);
		if (!firstFrame) throw new Error('the console drew no list within 10 s');
		await pause(5000);
		const [cpu, sent] = [cpuMs(pty.pid), bytes];
		await pause(seconds * 1000);
		const [restCpu, restBytes] = [cpuMs(pty.pid) - cpu, bytes - sent];
		const quiet = await keyTimes(pty, 60);
		// Bounded in bytes and in time: a flood fills a disk in minutes.
		hawser.call(
			'run',
			'-d',
			'--network',
			'none',
			'--log-opt',
			'max-size=20m',
			'--log-opt',
			'max-file=2',
			'--name',
			'bench-flood',
			hawser.image,
			'sh',
			'-c',
			'timeout 60 yes "a line of a log that never ends"',
		);
		await pause(1000);
		pty.write('/bench-flood\r');
		await pause(2000);
		const flooded = await keyTimes(pty, 60);
		hawser.call('rm', '-f', 'bench-flood');
		return [
			{title: 'console: first frame with its list, 50 containers', unit: 'ms', figures: {hawser: firstFrame}, goal: '< 250 ms'},
			{title: 'console: CPU at rest, 50 containers', unit: '% of a core', figures: {hawser: restCpu / seconds / 10}, goal: '< 1 %'},
			{title: 'console: sent at rest', unit: 'bytes/s', figures: {hawser: restBytes / seconds}, goal: '< 2048'},
			{title: 'console: key to changed cell, median', unit: 'ms', figures: {hawser: at(quiet, 0.5)}, goal: '< 16 ms'},
			{title: 'console: key to changed cell, 99th of 100', unit: 'ms', figures: {hawser: at(quiet, 0.99)}, goal: '< 50 ms'},
			{title: 'console: the same in a flood of log lines, median', unit: 'ms', figures: {hawser: at(flooded, 0.5)}, goal: '< 16 ms'},
			{title: 'console: the same in a flood, 99th of 100', unit: 'ms', figures: {hawser: at(flooded, 0.99)}, goal: '< 50 ms'},
			{title: 'console: resident', unit: 'MiB', figures: {hawser: residentMiB(pty.pid)}, goal: '< 150 MiB'},
		];
	} finally {
		pty.kill('SIGTERM');
	}
}
