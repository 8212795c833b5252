import {type Flag, type FlagValues, UsageError} from './flags.ts';

/** What `stop` and `restart` share. */
export const stopFlags: readonly Flag[] = [
	{name: 'signal', short: 's', kind: 'string', help: 'Signal to send first'},
	{name: 'timeout', short: 't', kind: 'int', help: 'Seconds until SIGKILL; -1: for ever'},
	{name: 'time', kind: 'int', help: 'As --timeout', hidden: true},
];

export function readStopOptions(flags: FlagValues): {signal?: string; timeout?: number} {
	if (flags.given('timeout') && flags.given('time')) throw new UsageError('conflicting options: cannot specify both --timeout and --time', {exitCode: 1, usage: false});
	const timeout = flags.given('timeout') ? 'timeout' : flags.given('time') ? 'time' : undefined;
	return {...(flags.given('signal') && {signal: flags.text('signal')}), ...(timeout !== undefined && {timeout: flags.int(timeout)})};
}
