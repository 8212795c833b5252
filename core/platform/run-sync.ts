import {spawnSync} from 'node:child_process';

/** For the rare question asked within a list; undefined when it failed. */
export function spawnHelper(program: string, args: readonly string[]): string | undefined {
	const {status, stdout} = spawnSync(program, args, {cwd: '/', env: {}, stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8', maxBuffer: 4 * 1024 * 1024});
	return status === 0 ? stdout : undefined;
}
