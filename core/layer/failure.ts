import {EngineError, isEngineError} from '../errors/error.ts';
import {messageOf} from '../errors/codes.ts';
import type {WantedLayer} from './model.ts';

type Kind = {readonly said: RegExp; readonly code: string; readonly hint?: string};

/** By the words of the helper; the first that fits. */
const kinds: readonly Kind[] = [
	{said: /^the blob's digest is /, code: 'blob.wrong-digest', hint: 'The registry or something on the way to it changed the bytes: pull again.'},
	{said: /^the layer's diff-id is /, code: 'layer.wrong-diff-id', hint: "The image's config does not belong to its layers: tell who made it."},
	{said: /^the blob ended after /, code: 'blob.too-short', hint: 'Pull again: it goes on where it stopped.'},
	{said: /No space left on device|Disk quota exceeded|bytes that are allowed or free/, code: 'store.no-space', hint: 'Remove images that nobody uses, or choose another --root.'},
];

/** What the user reads when the helper could not unpack a layer. */
export function layerFailure({digest}: Pick<WantedLayer, 'digest'>, error: unknown): EngineError {
	if (isEngineError(error)) return error;
	const reason = messageOf(error);
	const kind = kinds.find(({said}) => said.test(reason));
	return new EngineError({code: kind?.code ?? 'layer.invalid', subject: digest, message: `cannot unpack layer ${digest}: ${reason}`, hint: kind?.hint, cause: error});
}
