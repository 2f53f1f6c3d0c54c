// The precompiled header of the tests is built for this program, which does nothing.
int main() {}
