import type {Healthcheck} from '../../core/index.ts';
import {type FlagValues, UsageError} from './flags.ts';

const NS_PER_MS = 1e6;
const durations = {Interval: 'health-interval', Timeout: 'health-timeout', StartPeriod: 'health-start-period', StartInterval: 'health-start-interval'} as const;
const NUMBERS = [...Object.values(durations), 'health-retries'];

/** undefined: the image decides. */
export function readHealthcheck(flags: FlagValues): Healthcheck | undefined {
	const command = flags.text('health-cmd');
	const given = command !== '' || NUMBERS.some(name => flags.int(name) !== 0);
	const refuse = (message: string): never => {
		throw new UsageError(`hawser: ${message}`, {usage: false});
	};
	if (flags.bool('no-healthcheck')) return given ? refuse('--no-healthcheck conflicts with --health-* options') : {Test: ['NONE']};
	if (!given) return undefined;
	for (const name of NUMBERS) if (flags.int(name) < 0) refuse(`--${name} cannot be negative`);
	return {
		...(command !== '' && {Test: ['CMD-SHELL', command]}),
		...Object.fromEntries(Object.entries(durations).flatMap(([key, name]) => (flags.int(name) === 0 ? [] : [[key, Math.round(flags.int(name) * NS_PER_MS)]]))),
		...(flags.int('health-retries') > 0 && {Retries: flags.int('health-retries')}),
	};
}
