// Begins: colours first, so that nothing flashes, then the page.
import { mount } from 'svelte';
import './app.css';
import './lib/state/theme.svelte';
import App from './App.svelte';

const target = document.getElementById('app');
// what stands there until now is the frame alone, so that something is seen while the script is read
target?.replaceChildren();
if (target) mount(App, { target });
