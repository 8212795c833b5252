import test from 'ava';
import {copyDriver} from '../../core/snapshot/copy.ts';
import {overlayDriver} from '../../core/snapshot/overlay.ts';
import {snapshotContract} from '../contracts/snapshot.ts';

snapshotContract(test, 'overlay', overlayDriver);
snapshotContract(test, 'copy', copyDriver);
