import {Writable} from 'node:stream';
import type {Painter} from '../terminal/painter.ts';
import type {Size} from './store/state.ts';

/** What Ink draws on: in its debug mode it hands over whole frames, and the painter finds what changed in them. */
export type InkOutput = NodeJS.WriteStream & {resize(size: Size): void};

export function createInkOutput(painter: Painter, size: Size): InkOutput {
	const output = new Writable({
		decodeStrings: false,
		write(frame: string, _encoding, done) {
			painter.paint(frame);
			done();
		},
	});
	return Object.assign(output, {
		isTTY: true,
		columns: size.columns,
		rows: size.rows,
		resize({columns, rows}: Size) {
			Object.assign(output, {columns, rows});
			output.emit('resize');
		},
	}) as unknown as InkOutput;
}
