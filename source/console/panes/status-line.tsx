import {memo} from 'react';
import {sanitizeLine} from '../../terminal/sanitize.ts';
import {widthOf} from '../../terminal/width.ts';
import {formatBytes, formatClock, formatPercent, formatRate} from '../format.ts';
import type {HostLoad} from '../store/state.ts';
import type {Theme} from '../theme/theme.ts';
import {Lines} from '../widgets/lines.tsx';

export type StatusLineProps = {
	readonly theme: Theme;
	readonly width: number;
	readonly hostName: string;
	readonly running: number;
	readonly stopped: number;
	readonly host: HostLoad | undefined;
	readonly now: number;
	readonly frozen: boolean;
	readonly readOnly: boolean;
};

/** From the most to the least wanted: what does not fit is left out from the end. */
function words({hostName, running, stopped, host, frozen, readOnly}: StatusLineProps): string[] {
	const counts = `● ${running} running  ○ ${stopped} stopped`;
	if (!host) return [readOnly ? 'READ-ONLY' : '', sanitizeLine(hostName), counts].filter(text => text !== '');
	const {sample, cpu, read, written} = host;
	const {pressure} = sample;
	return [
		frozen ? 'FROZEN (u)' : '',
		readOnly ? 'READ-ONLY' : '',
		sanitizeLine(hostName),
		counts,
		`CPU ${formatPercent(cpu)}% of ${sample.cpus}`,
		`MEM ${formatBytes(sample.memoryTotal - sample.memoryAvailable)} of ${formatBytes(sample.memoryTotal)}`,
		`I/O r ${formatRate(read)} w ${formatRate(written)}`,
		pressure === undefined ? '' : `PSI cpu ${formatPercent(pressure.cpuSome)} mem ${formatPercent(pressure.memorySome)} io ${formatPercent(pressure.ioSome)}`,
		`load ${sample.load[0].toFixed(2)}`,
	].filter(text => text !== '');
}

export const StatusLine = memo((props: StatusLineProps) => {
	const {theme, width, now} = props;
	const clock = formatClock(now);
	let line = '';
	for (const word of words(props)) {
		const next = line === '' ? ` ${word}` : `${line}  │  ${word}`;
		if (widthOf(next) + clock.length + 3 > width) break;
		line = next;
	}
	const space = ' '.repeat(Math.max(1, width - widthOf(line) - clock.length - 1));
	return <Lines lines={[theme.line(theme.paint('bar', `${line}${space}${clock} `))]} />;
});
