/* Stands in for the one function of bcryptprimitives.dll that Rust programs import, which wine 8 lacks: random bytes for seeds
 * of hash tables. For tests under wine only. */
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(BYTE *bytes, SIZE_T count)
{
    const SIZE_T most = 1 << 20;
    while (count > 0) {
        const ULONG now = (ULONG)(count < most ? count : most);
        if (!RtlGenRandom(bytes, now))
            return FALSE;
        bytes += now;
        count -= now;
    }
    return TRUE;
}
