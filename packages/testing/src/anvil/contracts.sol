// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

// Contracts for tests only: anyone may mint. contracts.ts holds them compiled; a test compiles them again.

abstract contract Ledger {
    uint8 public decimals;
    mapping(address => uint256) public balanceOf;

    event Transfer(address indexed from, address indexed to, uint256 value);

    constructor(uint8 places) {
        decimals = places;
    }

    function mint(address to, uint256 value) external {
        balanceOf[to] += value;
        emit Transfer(address(0), to, value);
    }

    /// Two or more transfers in one transaction.
    function transferMany(address[] calldata to, uint256[] calldata values) external {
        for (uint256 i = 0; i < to.length; i++) move(to[i], values[i]);
    }

    function move(address to, uint256 value) internal {
        require(balanceOf[msg.sender] >= value, "transfer amount exceeds balance");
        balanceOf[msg.sender] -= value;
        balanceOf[to] += value;
        emit Transfer(msg.sender, to, value);
    }
}

/// A token as the standard wants it: `transfer` answers true.
contract Token is Ledger {
    constructor(uint8 places) Ledger(places) {}

    function transfer(address to, uint256 value) external returns (bool) {
        move(to, value);
        return true;
    }
}

/// A token like USDT on Ethereum: `transfer` answers nothing.
contract SilentToken is Ledger {
    constructor(uint8 places) Ledger(places) {}

    function transfer(address to, uint256 value) external {
        move(to, value);
    }
}

/// No token: it tells of transfers that never were, and passes native value on without a trace in the logs.
contract Outsider {
    event Transfer(address indexed from, address indexed to, uint256 value);

    function forge(address from, address to, uint256 value) external {
        emit Transfer(from, to, value);
    }

    /// A lie and then a true transfer of this contract's own tokens, in one transaction.
    function forgeThenTransfer(Token token, address to, uint256 value) external {
        emit Transfer(msg.sender, to, value);
        token.transfer(to, value);
    }

    function forward(address payable to) external payable {
        (bool sent, ) = to.call{value: msg.value}("");
        require(sent, "not sent");
    }
}
