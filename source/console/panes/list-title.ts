import type {ListState} from '../store/state.ts';
import type {Theme} from '../theme/theme.ts';

/** `Containers /web`: the filter belongs to what it narrows. */
export const listTitle = (name: string, {filter}: ListState): string => (filter === '' ? name : `${name}  /${filter}`);

/** `3 of 12`, and the order where it is not the usual one. */
export function listFooter(theme: Theme, {index, sort, reverse}: ListState, count: number): string {
	const order = sort === 'state' || sort === 'name' ? '' : `by ${sort}${reverse ? ' ↑' : ' ↓'}  `;
	return count === 0 ? '' : theme.paint('faint', `${order}${index + 1} of ${count}`);
}
