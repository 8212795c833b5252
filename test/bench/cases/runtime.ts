import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, copyFileSync, linkSync, readFileSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {must, race, works, type Result} from '../measure.ts';
import {dist} from '../world.ts';

/** A bundle as `runc spec` makes it, with a busybox in it that runs `true`. */
function makeBundle(folder: string): string {
	const bundle = join(folder, 'bundle');
	mkdirSync(join(bundle, 'rootfs/bin'), {recursive: true});
	for (const name of ['proc', 'sys', 'dev']) mkdirSync(join(bundle, 'rootfs', name));
	copyFileSync('/bin/busybox', join(bundle, 'rootfs/bin/busybox'));
	for (const name of ['true', 'sh', 'sleep']) linkSync(join(bundle, 'rootfs/bin/busybox'), join(bundle, 'rootfs/bin', name));
	execFileSync('runc', ['spec'], {cwd: bundle});
	const path = join(bundle, 'config.json');
	const config = JSON.parse(readFileSync(path, 'utf8')) as {process: {terminal: boolean; args: string[]}};
	config.process.terminal = false;
	config.process.args = ['/bin/true'];
	writeFileSync(path, JSON.stringify(config));
	return bundle;
}

/** The runtime alone, on one bundle, beside the runtimes that are installed. */
export async function benchRuntime(rounds: number): Promise<Result[]> {
	if (!works('runc', '--version')) return [];
	const folder = mkdtempSync(join(tmpdir(), 'hawser-bench-runtime-'));
	try {
		const bundle = makeBundle(folder);
		const runtimes = [['hawser', join(dist, 'hawser-runtime')], ...['crun', 'runc'].filter(name => works(name, '--version')).map(name => [name, name])] as Array<[string, string]>;
		const able = runtimes.filter(([name, path]) => works(path, '--root', join(folder, `try-${name}`), 'run', '--bundle', bundle, `hawser-bench-try-${name}`));
		const contenders = able.map(([name, path]) => ({name, run: () => void must(path, '--root', join(folder, name), 'run', '--bundle', bundle, `hawser-bench-${name}`)}));
		return [await race('runtime alone: run true in a prepared bundle', contenders, {rounds, goal: '≤ 0.5 of crun'})];
	} finally {
		rmSync(folder, {recursive: true, force: true});
	}
}
