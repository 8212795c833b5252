import {constants} from 'node:os';
import {EngineError} from '../errors/error.ts';

const byName: Readonly<Record<string, number>> = constants.signals;

/** The real-time signals, which Node does not name. */
const RTMIN = 34;
export const RTMAX = 64;

/** `9`, `KILL`, `SIGKILL`, `kill`, `RTMIN+3`. */
export function parseSignal(text: string): number {
	const number = /^\d+$/.test(text) ? Number(text) : numberOf(text.toUpperCase().replace(/^SIG/, ''));
	if (number === undefined || number < 1 || number > RTMAX) throw new EngineError({code: 'container.invalid', subject: text, message: `Invalid signal: ${text}`});
	return number;
}

function numberOf(name: string): number | undefined {
	const realTime = /^RT(MIN\+|MAX-)(\d+)$/.exec(name);
	if (realTime) return realTime[1] === 'MIN+' ? RTMIN + Number(realTime[2]) : RTMAX - Number(realTime[2]);
	if (name === 'RTMIN') return RTMIN;
	if (name === 'RTMAX') return RTMAX;
	return byName[`SIG${name}`];
}

/** What ends a container when nobody has chosen another signal. */
export const stopSignal = (chosen: string): number => parseSignal(chosen === '' ? 'SIGTERM' : chosen);

/** `SIGKILL`; real-time ones by their distance from RTMIN. */
export const signalName = (number: number): string =>
	Object.keys(byName).find(name => byName[name] === number) ?? (number >= RTMIN ? `SIGRTMIN+${number - RTMIN}` : String(number));
