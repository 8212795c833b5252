import type {FlagValues} from './flags.ts';

/** What a client is joined to: those named with `--attach`, else output and errors, and stdin always when it is kept open. */
export function readAttach(flags: FlagValues): {readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean} {
	const asked = new Set(flags.list('attach').map(name => name.toLowerCase()));
	const all = asked.size === 0;
	return {stdin: flags.bool('interactive') || asked.has('stdin'), stdout: all || asked.has('stdout'), stderr: all || asked.has('stderr')};
}
