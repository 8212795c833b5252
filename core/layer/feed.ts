import type {Writable} from 'node:stream';
import {EngineError} from '../errors/error.ts';
import type {FetchBlob, WantedLayer} from './model.ts';

/** Sends the missing bytes of a blob to the helper, no faster than it takes them. More bytes than the manifest says are an error. */
export async function feed(input: Writable, layer: WantedLayer, offset: number, fetch: FetchBlob, signal: AbortSignal): Promise<void> {
	let count = offset;
	try {
		for await (const chunk of fetch(layer, offset, signal)) {
			count += chunk.length;
			if (count > layer.size) throw tooLong(layer);
			if (input.destroyed) return;
			if (!input.write(chunk)) await drained(input);
		}
	} finally {
		input.end();
	}
}

/** A helper that is gone does not drain: its own sentence tells why. */
const drained = (input: Writable): Promise<void> =>
	new Promise(resolve => {
		const done = () => {
			input.off('drain', done).off('close', done);
			resolve();
		};
		input.on('drain', done).on('close', done);
		if (input.destroyed) done();
	});

const tooLong = ({digest, size}: WantedLayer): EngineError =>
	new EngineError({code: 'blob.wrong-size', subject: digest, message: `blob ${digest} is longer than the ${size} bytes that the manifest says`});
