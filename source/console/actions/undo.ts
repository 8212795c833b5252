import {type Context, inform, Recalled} from './context.ts';
import {containerTargets} from './marks.ts';

/** Waits before something that cannot be undone, so that it can be called back. */
export async function waitForRecall({undo}: Context, id: string, seconds: number): Promise<void> {
	if (seconds <= 0) return;
	const {promise, resolve} = Promise.withResolvers<boolean>();
	const timer = setTimeout(() => resolve(false), seconds * 1000);
	undo.set(id, () => resolve(true));
	const recalled = await promise;
	clearTimeout(timer);
	undo.delete(id);
	if (recalled) throw new Recalled('called back');
}

/** `Z`: calls back what is not final yet: of what is chosen, else all of it. */
export function undo(context: Context): void {
	const chosen = containerTargets(context).flatMap(({id}) => context.undo.get(id) ?? []);
	const recalls = chosen.length > 0 ? chosen : [...context.undo.values()];
	if (recalls.length === 0) return inform(context, 'There is nothing to call back');
	for (const recall of recalls) recall();
}
