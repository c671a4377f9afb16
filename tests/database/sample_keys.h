/* Public keys made by ssh-keygen for these tests, and their fingerprints as it prints them. Nobody has their
 * private halves. Included by the tests on keys. Declarations only. */
#ifndef STOCKROOM_TESTS_DATABASE_SAMPLE_KEYS_H
#define STOCKROOM_TESTS_DATABASE_SAMPLE_KEYS_H

#define KEY_ED25519                                                                                          \
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEa+g9aJoywpTo6v3FfCMxUK1PxMDmnFDjYmTBoRbmCS ann@till"
#define FINGERPRINT_ED25519 "SHA256:1MoBmGrQshrbCGdDKy9pqRJNBx1vvRYZxMBka7DYt0c"

#define KEY_ECDSA256                                                                                         \
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBPqrQqMgC2tc0LHwT2SdYxIxaBcD"   \
    "L0TGFHeFhWwuZH/3DmIOweUhQ9CX9hB2dbfiEK1E+4vOxAjpqHVQiwbH8Rc= ec256"
#define FINGERPRINT_ECDSA256 "SHA256:iAN5D2bWGIGDYI1B25oPjHRQpl8EtyA/JOeAlrVBTZU"

#define KEY_ECDSA384                                                                                         \
    "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBAhG3t8927+MxkUyPrO7RDkC7eP9"   \
    "olSDPi7r99R25JvPSpjz7A5PpClWWoAEzIIaUVWBEZYxHRz6uWvoi1NTvwTgfNmXo+LwCJSTQVpTRh8xbKAPUjpeWVI81KIHmBMI"   \
    "3Q== ec384"
#define FINGERPRINT_ECDSA384 "SHA256:KCUcCFPEiwQcicFizMlxIsx/wpCdk3y4OwmIy5X3UTE"

#define KEY_ECDSA521                                                                                         \
    "ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBACKv8REEwtkG/krK6BIWvzhe4TY"   \
    "ou+yN/GzFkdT2QdP6rBmjAtAYbBVJRdKT9FBLne959NK80GRRNw7Z5lSKnvZ2gHY4iNJf4n24zTxNWtKeCAkiVCSE5SEZyX4St6a"   \
    "NAVBhBD4PteOpXBICswyckeZ0AtEoepCM+97qIwoBk7NtUaUKw== ec521"
#define FINGERPRINT_ECDSA521 "SHA256:aNaz9Swx/MHmcLYl8rv4504Typ5NvcyWvghHGIgUo9s"

#define KEY_RSA2048                                                                                          \
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCeAxAkadTxTsovqRKls4hCt8sHIMAQPvh0eabZCz9W3/75Nl/JFZGm/S+tUNOP"   \
    "Xy5MxoN5DqM6znQtnCoOG/i/MuwygtrYLLzas9GjnCXsArgiCAJ8HkXPgYf6YZEMdtiogw3jw2fsYguS/9wjGreNbyGrL2FmDleJ"   \
    "A2wN58T76nq/iHHJ65UOgHHz140NG5WPhSVuEyW0MiuKhpigycLLe3GsxN9p1iqdgdHmDKAqrhI8S6JMZUCxYvTKl6rVWbs5KJUK"   \
    "FMUn/RUsNO4S/U2n/3ML1C/S9h8P+ui8WqUF/rDrDmGKA3fFoHdZmt/hQcjIYiCa9smrALSHXk24Mict rsa"
#define FINGERPRINT_RSA2048 "SHA256:bu+2BYtyp65ufB1A5v8U6SZ93suQPiBwif9+pCrGcBg"

#define KEY_RSA1024                                                                                          \
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC8rbrDoYqo3ena6n3TgW0kC7mkUgVYwlESVcfCzkPhJofM3i4gd1vvAKmW7YL7"   \
    "vhE9rAYBdRup6j4eS+EQdIc2SAjWohRBxKERRDjEK6CoGZ+71IdwwZY9xBoZ3H8NgTA57C2Nmbc+9eJSUEN1nBt049jnj6OS/D8Y"   \
    "3I/JR2g8IQ== old"
#define FINGERPRINT_RSA1024 "SHA256:hnrSRYg7o3CVmw2bwi/+/40M7UsRWTYD4IssxNVQXmY"

#endif
