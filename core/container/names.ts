import {randomInt} from '../platform/random.ts';

/** Ours: weather and light before, birds of prey, ships' gear and winds after. */
const adjectives =
	'able agile amber ample azure bold brave bright brisk calm candid clear clever coral crisp daring deft eager early even fair fleet fond frank free fresh gentle glad golden grand green happy hardy honest humble icy ivory jolly keen kind lively loyal lucid lunar mellow merry mild mighty modest neat nimble noble open patient placid plucky polite prime proud quick quiet rapid ready robust rosy royal rustic sharp silent silver sincere sleek smart snowy solar solid sound spry stable steady still stout sturdy sunny swift tidy tranquil trusty upbeat vivid warm wise witty young zesty'.split(
		' ',
	);
const nouns =
	'anchor arrow aurora bay beacon breeze buzzard cable canyon capstan cedar cliff comet compass condor cove crane crest delta dune eagle ember falcon fjord flint gale galaxy glacier goshawk granite grove gull harbor harrier hawk heron hobby horizon island jetty kestrel kite lagoon lantern lark ledge lynx maple marlin meadow merlin meteor mistral monsoon moraine nebula oak orbit osprey otter owl peak pebble pine plover prairie quartz quay rafter raven reef ridge river robin rudder sail scout shoal sierra skiff sparrow spruce storm stream summit swallow swift tern thicket tide trellis tundra valley vessel vista willow wind wren yawl zephyr'.split(
		' ',
	);

const pick = (words: readonly string[]): string => words[randomInt(words.length)] ?? 'hawk';

/** `brave_osprey`; a digit more with every attempt that met a name in use. */
export const drawName = (attempt: number): string => `${pick(adjectives)}_${pick(nouns)}${attempt === 0 ? '' : randomInt(10 ** Math.min(attempt, 6))}`;
