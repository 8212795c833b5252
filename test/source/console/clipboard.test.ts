import test from 'ava';
import {clipboardSequence} from '../../../source/terminal/clipboard.ts';

const data = Buffer.from('x\ty').toString('base64');

test('OSC 52 carries the text; tmux and screen get it wrapped', t => {
	t.is(clipboardSequence('x\ty', {}), `\u001B]52;c;${data}\u0007`);
	t.is(clipboardSequence('x\ty', {TMUX: '/tmp/tmux'}), `\u001BPtmux;\u001B\u001B]52;c;${data}\u0007\u001B\\`);
	t.is(clipboardSequence('x\ty', {TERM: 'screen-256color'}), `\u001BP\u001B]52;c;${data}\u0007\u001B\\`);
});

test('what no terminal would take is refused', t => {
	t.is(clipboardSequence('x'.repeat(60_000), {}), undefined);
	t.true((clipboardSequence('x'.repeat(50_000), {STY: '1'}) ?? '').split('\u001BP').every(part => part.length < 768));
});
