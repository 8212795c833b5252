import type {Filters} from '../../core/index.ts';
import type {FlagValues} from './flags.ts';

/** `--filter key=value`, repeated: any value of a key, all keys. */
export function readFilters(flags: FlagValues, name = 'filter'): Filters {
	const filters = new Map<string, string[]>();
	for (const text of flags.list(name)) {
		const at = text.indexOf('=');
		const key = text.slice(0, at);
		const values = filters.get(key);
		if (values === undefined) filters.set(key, [text.slice(at + 1)]);
		else values.push(text.slice(at + 1));
	}
	return filters;
}
