// The precompiled header of the tests is made for this program, which does nothing.
int main() {}
