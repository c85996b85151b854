/// A desk between two high sides, with a lamp's light on it.
enum Icon {
    static let text = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0f5c4d"/>\
        <path d="M7 25V9.5a2.5 2.5 0 0 1 2.5-2.5h13A2.5 2.5 0 0 1 25 9.5V25" fill="none" stroke="#f3efe4" \
        stroke-width="2.4" stroke-linecap="round"/><path d="M7 19h18" stroke="#f3efe4" stroke-width="2.4"/>\
        <circle cx="16" cy="13" r="2.6" fill="#f2b84b"/></svg>
        """
}
