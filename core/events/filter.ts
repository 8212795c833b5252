import type {EngineEvent} from './event.ts';

type Filters = ReadonlyMap<string, readonly string[]>;

/** Docker's keys of `events --filter`. */
export const EVENT_FILTERS = ['container', 'daemon', 'event', 'image', 'label', 'network', 'scope', 'type', 'volume'] as const;

/** Any value of a key, all keys. */
export function matchesEvent(event: EngineEvent, filters: Filters): boolean {
	for (const [key, values] of filters) if (!values.some(value => matchesOne(event, key, value))) return false;
	return true;
}

function matchesOne(event: EngineEvent, key: string, value: string): boolean {
	const {ID: id, Attributes: attributes} = event.Actor;
	switch (key) {
		case 'type':
			return event.Type === value;
		case 'event':
			// `exec_start: sh -c x` and `health_status: healthy` also match by their first word.
			return event.Action === value || event.Action.startsWith(`${value}:`);
		case 'scope':
			return event.scope === value;
		case 'label': {
			const equals = value.indexOf('=');
			return equals < 0 ? Object.hasOwn(attributes, value) : attributes[value.slice(0, equals)] === value.slice(equals + 1);
		}
		case 'image':
			return [attributes[event.Type === 'image' ? 'name' : 'image'] ?? '', event.Type === 'image' ? id : ''].some(name => name === value || withoutTag(name) === value);
		case 'container':
		case 'network':
		case 'volume':
		case 'daemon':
			return event.Type === key ? attributes['name'] === value || id === value || (value !== '' && id.startsWith(value)) : attributes[key] === value;
		default:
			return false;
	}
}

const withoutTag = (reference: string): string => reference.replace(/:[^:/]*$/, '');
