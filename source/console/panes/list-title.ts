import type {ListState} from '../store/state.ts';
import type {Theme} from '../theme/theme.ts';

/** `Containers /web`: the filter belongs to what it narrows. */
export const listTitle = (name: string, {filter}: ListState): string => (filter === '' ? name : `${name}  /${filter}`);

/** `3 of 12`, how many are marked, and the order where it is not the usual one. */
export function listFooter(theme: Theme, {index, sort, reverse}: ListState, count: number, marked = 0): string {
	const order = sort === '' || ((sort === 'state' || sort === 'name') && !reverse) ? '' : `by ${sort}${reverse ? ' ↑' : ' ↓'}  `;
	const marks = marked > 0 ? `${theme.paint('key', `${marked} marked`)}  ` : '';
	return count === 0 ? '' : marks + theme.paint('faint', `${order}${index + 1} of ${count}`);
}
