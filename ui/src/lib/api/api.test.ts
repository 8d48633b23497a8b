import { expect, it } from 'vitest';
import { unwrapped } from './events';
import { opened, Refused, told } from './request';

function refusal(status: number, text: string): Refused {
  try {
    opened(status, false, text);
  } catch (error) {
    return error as Refused;
  }
  throw new Error('was not refused');
}

it('opens the envelope, and tells what was refused with what to do', () => {
  expect(opened(200, true, '{"success":true,"data":[1]}').data).toEqual([1]);
  expect(opened(204, true, '').data).toBeUndefined();
  const conflict = refusal(409, '{"success":false,"error":"It changed.","code":"CONFLICT","hint":"look again"}');
  expect([conflict.status, conflict.code, told(conflict)]).toEqual([409, 'CONFLICT', 'It changed. Look again.']);
  expect(refusal(404, '404 page not found').message).toBe('404 page not found');
  expect(refusal(502, '').message).toBe('The core answered with 502.');
  expect(refusal(401, '{}').isShutOut).toBe(true);
  expect(() => opened(200, true, '{"success":false,"error":"no"}')).toThrow('no');
});

it('takes runtime events out of their wrapper and leaves the others', () => {
  expect(unwrapped({ payload: { a: 1 }, timestamp: 5 })).toEqual({ payload: { a: 1 }, at: 5 });
  expect(unwrapped({ running: true, timestamp: 6 })).toEqual({ payload: { running: true, timestamp: 6 }, at: 6 });
  expect(unwrapped({ payload: null, timestamp: 7 })).toEqual({ payload: {}, at: 7 });
});
