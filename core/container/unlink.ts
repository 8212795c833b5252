import type {Engine} from '../engine/engine.ts';
import {EngineError} from '../errors/error.ts';
import {networkStore} from '../network/store.ts';
import {readLink} from './links.ts';
import {findRecord} from './record.ts';

/** `rm --link CONTAINER/ALIAS`: what `--link` said of ALIAS is forgotten, from the next start on; no container is removed. */
export function removeLink(engine: Engine, ref: string): void {
	const name = ref.replace(/^\//, '');
	const at = name.lastIndexOf('/');
	if (at < 0) {
		findRecord(engine.db, name);
		throw new EngineError({code: 'container.conflict', subject: ref, message: 'Conflict, cannot remove the default link name of the container'});
	}
	const alias = name.slice(at + 1);
	const store = networkStore(engine.db);
	const isAlias = (link: string): boolean => readLink(engine, link)?.alias === alias;
	const linked = store.endpointsOfContainer(findRecord(engine.db, name.slice(0, at)).id).filter(({wish}) => wish.links?.some(isAlias) === true);
	if (linked.length === 0) throw new EngineError({code: 'container.not-found', subject: ref, message: `No such container: ${ref}`});
	for (const endpoint of linked) store.putEndpoint({...endpoint, wish: {...endpoint.wish, links: endpoint.wish.links?.filter(link => !isAlias(link)) ?? []}});
}
