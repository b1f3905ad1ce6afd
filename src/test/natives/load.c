/* SPDX-License-Identifier: Apache-2.0 */

/* Resolves every symbol a library needs, as a JVM would before it calls JNI_OnLoad. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        void *library = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
        if (library == NULL || dlsym(library, "JNI_OnLoad") == NULL) {
            (void)fprintf(stderr, "%s: %s\n", argv[i], dlerror());
            return 1;
        }
        (void)printf("%s loads\n", argv[i]);
    }
    return 0;
}
