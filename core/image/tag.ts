import {EngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import {familiarString, parseReference, withDefaultTag} from '../reference/reference.ts';
import {transaction} from '../state/database.ts';
import {findImageId} from './find.ts';
import {setTag} from './record.ts';
import type {ImageStore} from './store.ts';

/** Gives an image one more name; takes it from the image that had it. */
export function tagImage(store: ImageStore, source: string, target: string): void {
	const reference = withDefaultTag(parseReference(target));
	if (reference.digest) throw new EngineError({code: 'reference.invalid', subject: target, message: 'refusing to create a tag with a digest reference'});
	const id = transaction(store.db, () => {
		const found = findImageId(store.db, source);
		setTag(store.db, reference, found);
		return found;
	});
	recordEvent(store, {type: 'image', action: 'tag', id, attributes: {name: familiarString(reference)}});
}
