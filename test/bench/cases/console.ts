import {readFileSync} from 'node:fs';
import {join} from 'node:path';
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

/** The console in a pty of 200x50 on what is running: first frame, CPU and bytes a second at rest. */
export async function benchConsole({store}: World, seconds: number): Promise<Result[]> {
	const {spawn} = await import('node-pty');
	const started = performance.now();
	const env = Object.fromEntries(Object.entries({...cleanEnv(), TERM: 'xterm-256color'}).filter((pair): pair is [string, string] => pair[1] !== undefined));
	const pty = spawn(join(dist, 'hawser'), ['--root', store.root, '--state', store.state], {cols: 200, rows: 50, env});
	const {default: xterm} = await import('@xterm/headless');
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
		return [
			{title: 'console: first frame with its list, 50 containers', unit: 'ms', figures: {hawser: firstFrame}, goal: '< 250 ms (issue 8)'},
			{title: 'console: CPU at rest, 50 containers', unit: '% of a core', figures: {hawser: (cpuMs(pty.pid) - cpu) / seconds / 10}, goal: '< 5 %'},
			{title: 'console: sent at rest', unit: 'bytes/s', figures: {hawser: (bytes - sent) / seconds}, goal: '< 2048 (issue 8)'},
			{title: 'console: resident', unit: 'MiB', figures: {hawser: residentMiB(pty.pid)}, goal: '< 150 MiB'},
		];
	} finally {
		pty.kill('SIGTERM');
	}
}
