import {Writable} from 'node:stream';
import type {Size} from './store/state.ts';

/** The terminal as Ink sees it: it has a size, and nothing that is written there is seen. What is drawn goes over the canvas. */
export type InkOutput = NodeJS.WriteStream & {resize(size: Size): void};

export function createInkOutput(size: Size): InkOutput {
	const output = new Writable({write: (_chunk, _encoding, done) => done()});
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
