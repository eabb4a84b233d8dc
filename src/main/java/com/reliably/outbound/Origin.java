package com.reliably.outbound;

/** The one who says where to connect to. */
public enum Origin {
    /** A deployment, or what answers to one: anybody who may write one. */
    TENANT,
    /** The operator, who has named exactly this host in a setting. */
    OPERATOR
}
